export { isStatsError, StatsError } from "../errors/stats-error.ts";
export type { HttpHandler, RequestInfo } from "../http/handler.ts";
export type { NodeListener } from "../http/node-listener.ts";
export { createNodeListener } from "../http/node-listener.ts";
export type { ServedHandler, ServeHandlerOptions, ServeTlsOptions } from "../http/serve-handler.ts";
export { serveHandler } from "../http/serve-handler.ts";
export type { TlsOptions } from "../internal/tls-options.ts";
export type * from "../ledger/index.ts";
export type { BearerKey, KeyHolder, KeyRight, SigningSecret } from "./keys/key.ts";
export type { KeyFile } from "./keys/key-file.ts";
export { formatKeyFile, parseKeyFile } from "./keys/key-file.ts";
export type { KeyMatch, KeyMiss, KeyRing, KnownKey } from "./keys/key-ring.ts";
export { createKeyRing } from "./keys/key-ring.ts";
export type { MadeKey, MadeSecret, MakeKeyOptions } from "./keys/make-key.ts";
export { makeKey, makeSigningSecret } from "./keys/make-key.ts";
export type { OpenKeyFiles, OpenKeyFilesOptions } from "./keys/open-key-files.ts";
export { openKeyFiles } from "./keys/open-key-files.ts";
export { updateKeyFile } from "./keys/update-key-file.ts";
export type { InformReceiverOptions, RatePerKey } from "./receive/receiver.ts";
export { createInformReceiver } from "./receive/receiver.ts";
export type {
  ChangesMerged,
  InformReceiverEvent,
  InformReceiverEventBase,
  RequestFailed,
  RequestRefused,
  UnprovenBooked,
} from "./receive/receiver-event.ts";
export type { PushCurrent, PushDelayed, PushDenied, PushResult } from "./send/push-loop.ts";
export type { ResendOptions, ResentBody } from "./send/resend-refused.ts";
export { resendRefused } from "./send/resend-refused.ts";
export type { InformSender, InformSenderOptions, SentLedger } from "./send/sender.ts";
export { createInformSender } from "./send/sender.ts";
export type { SenderClock } from "./send/sender-clock.ts";
export type {
  InformSenderEvent,
  InformSenderState,
  RefusedSenderNode,
  SenderAsideEvent,
  SenderComparedEvent,
  SenderLeftOutEvent,
  SenderLossEvent,
  SenderNodeEvent,
  SenderStatus,
  SenderStatusEvent,
} from "./send/sender-event.ts";
export type { ThreeXUiSenderOptions } from "./send/three-x-ui-sender.ts";
export { createThreeXUiSender } from "./send/three-x-ui-sender.ts";
export type {
  ParsedSignature,
  SignatureSecret,
  VerifySignatureOptions,
} from "./signature.ts";
export { parseSignature, signatureHeader, signBody, verifySignature } from "./signature.ts";
export type { SignatureErrorReason } from "./signature-error.ts";
export { SignatureError } from "./signature-error.ts";
export type { InformBody, RefusedItem } from "./three-x-ui/read-inform-body.ts";
export { readInformBody } from "./three-x-ui/read-inform-body.ts";
