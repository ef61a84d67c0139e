/** Says how far a benchmark is, beside its table. */
export function note(text: string): void {
  console.error(`bench: ${text}`);
}

/** Runs a benchmark; what goes wrong is a line, and the exit status 1. */
export async function runProgram(benchmark: () => Promise<void>): Promise<void> {
  try {
    await benchmark();
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
