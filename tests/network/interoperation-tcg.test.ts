import { interoperate } from "./interoperation.ts";
import { places } from "./site.ts";

for (const [place, words] of Object.entries(await places("tcg"))) interoperate(place, words);
