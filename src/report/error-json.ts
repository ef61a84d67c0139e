import type { ZfsVmError } from '../base/errors.js';

/** An error as docs/reference/json-runs.md describes it. */
export function toJsonError({ kind, message, details, hint }: ZfsVmError): object {
  return { kind, message, details, hint: hint ?? null };
}
