/** A part of the script: internationalised domain names (UTS 46), whose tables are larger than the runtime. */
export { toASCII, toUnicode } from "tr46";
