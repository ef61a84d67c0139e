/** What zfs says when it doesn't do something, and its status. */
export class ZfsRefusal extends Error {
  override readonly name = 'ZfsRefusal';
  readonly status: number;

  /** @param message in the words of zfs, without the last newline */
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}
