/** A part of the script: the web streams. */
export * from "web-streams-polyfill";
