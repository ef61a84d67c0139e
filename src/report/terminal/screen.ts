import { LiveBlock } from './live-block.js';
import type { OutputStream } from './colors.js';
import { writeProse } from './wrap.js';

/** Gives lines that are shown for the moment. @param width how many characters fit into a line */
export type Draw = (width: number) => readonly string[];

/** Where text for people goes: lasting lines, and on a terminal below them lines that are redrawn in place. */
export interface Screen {
  /** Writes a lasting line to stdout. */
  readonly print: (line: string) => void;
  /** Writes lasting lines to stderr, each with its end. */
  readonly printError: (text: string) => void;
  /** Shows lines below, redrawn again and again, until they are hidden. */
  readonly show: (draw: Draw) => void;
  readonly hide: (draw: Draw) => void;
}

/** Where a screen writes to. */
export interface ScreenStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Whether somebody is asked on the terminal at this moment. */
  readonly isAsking: () => boolean;
}

/** A screen of two streams. */
export function openScreen({ stdout, stderr, isAsking }: ScreenStreams): Screen {
  const shown = new Set<Draw>();
  const live = new LiveBlock(stdout, (width) => [...shown].flatMap((draw) => draw(width)), isAsking);
  return {
    print: (line) => {
      live.wipe();
      writeProse(stdout, `${line}\n`);
    },
    printError: (text) => {
      live.wipe();
      writeProse(stderr, text);
    },
    show: (draw) => {
      shown.add(draw);
      live.start();
    },
    hide: (draw) => {
      shown.delete(draw);
      if (shown.size === 0) live.stop();
    },
  };
}

/** A part of a screen, each line of which begins with the same text. */
export function prefixScreen(screen: Screen, prefix: string): Screen {
  const prefixed = new Map<Draw, Draw>();
  return {
    print: (line) => {
      screen.print(`${prefix}${line}`);
    },
    printError: (text) => {
      screen.printError(text.replaceAll(/^(?=.)/gm, prefix));
    },
    show: (draw) => {
      const withPrefix =
        prefixed.get(draw) ??
        ((width: number): string[] => draw(width - prefix.length).map((line) => `${prefix}${line}`));
      prefixed.set(draw, withPrefix);
      screen.show(withPrefix);
    },
    hide: (draw) => {
      const withPrefix = prefixed.get(draw);
      if (withPrefix !== undefined) screen.hide(withPrefix);
    },
  };
}
