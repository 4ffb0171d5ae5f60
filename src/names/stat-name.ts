/** Whose counter it is. */
export type Scope = "inbound" | "outbound" | "user";

/** Which way the bytes went: `uplink` from the user to the Internet, `downlink` back. */
export type Direction = "uplink" | "downlink";

/** The name of a traffic counter, `SCOPE>>>SUBJECT>>>traffic>>>DIRECTION`. */
export interface TrafficName<
  S extends Scope = Scope,
  Subject extends string = string,
  D extends Direction = Direction,
> {
  /** Tells the kinds of names apart. */
  readonly kind: "traffic";
  /** Whose counter it is. */
  readonly scope: S;
  /** An inbound's tag, an outbound's tag or a user's e-mail, whole: it may hold `>>>`. */
  readonly subject: Subject;
  /** Which way the bytes went. */
  readonly direction: D;
}

/** The name of Xray's map of a user's addresses, `user>>>EMAIL>>>online`. */
export interface OnlineName<Subject extends string = string> {
  /** Tells the kinds of names apart. */
  readonly kind: "online";
  /** Always a user. */
  readonly scope: "user";
  /** The user's e-mail, whole: it may hold `>>>`. */
  readonly subject: Subject;
}

/** Any other name, kept as it is. */
export interface OtherName<Name extends string = string> {
  /** Tells the kinds of names apart. */
  readonly kind: "other";
  /** The whole name. */
  readonly name: Name;
}

/** What a counter's name says, told apart by `kind`. */
export type StatName = TrafficName | OnlineName | OtherName;

/** The text of a traffic counter's name. */
export type TrafficNameText = `${Scope}>>>${string}>>>traffic>>>${Direction}`;
