/** A part of the script: crypto.subtle. */
export {};
