/** An error that the user can mend. Anything else that escapes a command is a bug of Skerry and says so. */
export class UserError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  /** `message` names the thing, what was expected and what was found; `hint` says what to do. */
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.name = "UserError";
    this.code = code;
    this.hint = hint;
  }
}
