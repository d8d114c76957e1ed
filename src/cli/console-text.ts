/**
 * What a machine says on its console, as a terminal may hear it: text, lines, colours. What else a terminal obeys (its
 * title, the clipboard, questions that it answers as if the user typed) is shown instead: whoever took a machine over has
 * no say here. Of no concern where no terminal listens: then the text stays as it is.
 *
 * Tests: console-text.test.ts
 */
import { escapeControls } from "../image/escape-controls.ts";

/** A choice of colours (ECMA-48, 8.3.117), or a control that is not backspace, tab, line feed or carriage return. */
const CONTROLS = /\x1b\[[0-9;:]*m|[\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** What may become a choice of colours with the next piece. */
const BEGUN = /\x1b(?:\[[0-9;:]{0,32})?$/;

/** One stream's text, in pieces. */
export class ConsoleText {
  #held = "";

  /** What of all pieces so far can be told now. */
  next(piece: string): string {
    const text = this.#held + piece;
    this.#held = BEGUN.exec(text)?.[0] ?? "";
    const told = text.slice(0, text.length - this.#held.length);
    return told.replace(CONTROLS, (one) => (one.length > 1 ? one : escapeControls(one)));
  }
}
