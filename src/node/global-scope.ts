/** `global`, where a bundle names it. */
const scope = globalThis;

export { scope as global };
