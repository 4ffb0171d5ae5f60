import type { ConfigModel } from "../model/config-model.ts";
import type { CounterFamily } from "./counter-family.ts";
import type { ExpectedCounter } from "./explanation.ts";
import { singBoxCounters } from "./sing-box-counters.ts";
import { v2rayCounters } from "./v2ray-counters.ts";

/** What a configuration says about counters. */
export function counterFamily(model: ConfigModel): CounterFamily {
  return model.target === "sing-box" ? singBoxCounters(model) : v2rayCounters(model);
}

const directions = ["uplink", "downlink"] as const;

/** The traffic counters that there will be, of each subject in turn. */
export function countersOf(family: CounterFamily): ExpectedCounter[] {
  return family.declared().flatMap(({ scope, subject }) =>
    directions.flatMap((direction): ExpectedCounter[] => {
      const { verdict } = family.reasonsOf({ kind: "traffic", scope, subject, direction });
      if (verdict !== "from-start" && verdict !== "on-first-use") return [];
      return [{ name: `${scope}>>>${subject}>>>traffic>>>${direction}`, when: verdict }];
    }),
  );
}
