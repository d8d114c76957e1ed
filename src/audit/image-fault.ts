/** What is wrong with a file that should be an image: anybody may have made it, so this is no bug. */
export class ImageFault extends Error {
  readonly hint: string;

  constructor(message: string, hint = "build it again: skerry build") {
    super(message);
    this.hint = hint;
  }
}
