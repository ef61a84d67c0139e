#!/usr/bin/env node
// CommonJS, since Node.js takes a quarter of a second on a slow host to load its loader of ES modules.
'use strict';
const { readFileSync, writeSync } = require('node:fs');
const { dirname, join } = require('node:path');

const bundle = join(__dirname, '../build/bundle/zfs-vm.cjs');
/** What lists values for completions: somebody is typing, and the whole program would take too long to load. */
const values = join(__dirname, '../build/bundle/completion-values.cjs');
/** What the program says to words that always get the same answer, as JSON. */
const answers = `${bundle}.answers`;

if (require.main === module && !answerAtOnce(process.argv.slice(2))) {
  void loadProgram()
    .exports.main(process.argv.slice(2))
    .then((status) => {
      process.exitCode = status;
      // Whatever still keeps the process alive has had its chance.
      setTimeout(() => process.exit(), 500).unref();
    });
}

/**
 * Answers what needs no program, without loading one.
 * @returns whether that was all; else the program answers, and tells what is wrong with the output
 */
function answerAtOnce(words) {
  if (words[0] === 'completion' && words[1] === 'values') return listValues(words.slice(2));
  // On a terminal the help has colours.
  if (words.length !== 1 || (words[0] !== '--version' && require('node:tty').isatty(1))) return false;
  const known = read(answers);
  const text = known === undefined ? undefined : JSON.parse(known)[words[0]];
  if (text === undefined) return false;
  try {
    return writeSync(1, text) === Buffer.byteLength(text);
  } catch {
    return false;
  }
}

/** @returns whether there is something that lists values; else the program does */
function listValues(words) {
  let program;
  try {
    program = require(values);
  } catch {
    return false;
  }
  process.stdout.write(program.formatValues(words, process.env));
  return true;
}

/**
 * Loads the program with V8's code cache, which is only right for the Node.js that made it: another one does without.
 * @returns its exports, and the script, whose cache `writeCache` writes
 */
function loadProgram() {
  const { Script } = require('node:vm');
  const source = read(bundle);
  if (source === undefined) {
    console.error('zfs-vm: not built yet\n  try: npm ci, in the folder of zfs-vm');
    process.exit(1);
  }
  // There is nothing but ASCII in it, and this is the quickest way to read that.
  const text = source.latin1Slice();
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: bundle,
    cachedData: read(`${bundle}.cache`),
  });
  const program = { exports: {} };
  script.runInThisContext()(program.exports, require, program, bundle, dirname(bundle));
  return { exports: program.exports, script };
}

/** Writes V8's code cache, which makes a start quicker: for the Node.js that calls this. */
async function writeCache() {
  const { exports, script } = loadProgram();
  await exports.loadLater();
  require('node:fs').writeFileSync(`${bundle}.cache`, script.createCachedData());
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

module.exports = { answers, bundle, values, writeCache };
