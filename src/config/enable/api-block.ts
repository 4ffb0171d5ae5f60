import { serviceCalled, serviceMeant } from "../check/rules/api-services.ts";
import { itemsOf, stringOf } from "../syntax/lookup.ts";
import type { ApiJob } from "./api-job.ts";

/**
 * Writes the block of the API, or what it lacks.
 *
 * @param listen - Where it is to listen by itself; `undefined` where it does so already, or not at all.
 */
export function putApiBlock(job: ApiJob, tag: string, listen: string | undefined, reason: string): void {
  const { model, language, changes } = job;
  const { api } = model;
  if (api === undefined) {
    const value = { tag, ...(listen !== undefined && { listen }), [language.services]: [language.statsService] };
    changes.setAt(language.api, value, reason);
    return;
  }
  if (api.tag === undefined) changes.set(api.node, ["tag"], tag, "without a tag the core does not start");
  else if (api.tag !== tag)
    changes.set(api.node, ["tag"], tag, `with the tag ${JSON.stringify(api.tag)} the API would get traffic of users`);
  if (listen !== undefined) changes.set(api.node, ["listen"], listen, reason);
  putService(job);
}

function putService({ model, language, changes }: ApiJob): void {
  const { api, target, version } = model;
  if (api === undefined) return;
  const { services, servicesNode, node } = api;
  if (services.some((word) => serviceCalled(word, target, version)?.name === "StatsService")) return;
  const missing = "without this service nobody can ask for statistics";
  const misspelt = itemsOf(servicesNode).find((item) => {
    const word = stringOf(item);
    if (word === undefined || serviceCalled(word, target, version) !== undefined) return false;
    return serviceMeant(word, target, version)?.name === "StatsService";
  });
  if (misspelt !== undefined) changes.replace(misspelt, language.statsService, missing);
  else if (servicesNode?.kind === "array") changes.append(servicesNode, [language.statsService], missing);
  else changes.set(node, [language.services], [language.statsService], missing);
}
