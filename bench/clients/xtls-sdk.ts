// @remnawave/xtls-sdk: its reading of all users, or of all outbounds where the core has no user counters.
import { XtlsApi } from "@remnawave/xtls-sdk";
import { measure } from "./measure.ts";

await measure((address) => {
  const [host = "", port = ""] = address.split(":");
  const { stats } = new XtlsApi(host, port, { "grpc.max_receive_message_length": -1 });
  let scope: "users" | "outbounds" = "users";
  return {
    async poll() {
      if (scope === "users") {
        const answer = await stats.getAllUsersStats();
        if (!answer.isOk) throw new Error(answer.message);
        const subjects = answer.data?.users.length ?? 0;
        if (subjects > 0) return { counters: subjects * 2 };
        scope = "outbounds";
      }
      const answer = await stats.getAllOutboundsStats();
      if (!answer.isOk) throw new Error(answer.message);
      return { counters: (answer.data?.outbounds.length ?? 0) * 2 };
    },
  };
});
