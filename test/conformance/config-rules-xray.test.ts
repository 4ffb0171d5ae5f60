// What each rule says will happen, on the real Xray and sing-box: to the faulty configuration, not to its mended twin.
import { testCasesOf } from "../support/case-tests.ts";

testCasesOf(["xray", "sing-box"]);
