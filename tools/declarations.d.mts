/** Of declarations.mjs. */
export function declareTypes(folder: string): Promise<void>;
