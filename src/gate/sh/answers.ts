import { printBeginMark, printEndMark } from '../../base/mark-lines.js';
import { quoteWord } from '../../base/shell.js';
import { beginCallsMark, endCallMark } from '../../requests/call-script.js';
import {
  emptyAnswer,
  joinParts,
  listParts,
  renderScript,
  type ListKind,
  type Limits,
} from '../../requests/render.js';
import { schemaOf, type RequestKind, type RequestOf } from '../../requests/request.js';
import { poolOf } from '../../zfs/names.js';
import type { Policy } from '../policy.js';
import { fillShellHoles, shellHole } from './holes.js';
import { variantsOf, type Variant } from './variants.js';

/*
 * What the shell gate does for each request: the very scripts that are rendered for a host that has a shell, with variables where they have
 * values of the client. In all of them, "$@" calls zfs.
 */

/** Functions of the shell, each text once. */
class ShellFunctions {
  readonly #names = new Map<string, string>();

  /** The function with these lines. */
  nameOf(lines: readonly string[]): string {
    const body = lines.join('\n');
    const name = this.#names.get(body) ?? `part_${this.#names.size + 1}`;
    this.#names.set(body, name);
    return name;
  }

  get definitions(): string[] {
    return [...this.#names].map(([body, name]) => `${name}() {\n${body}\n}`);
  }
}

/**
 * The functions, and the branches of a `case` that answer the requests of some kinds: by the kind and the words of the request. What a request
 * has besides stands on stdin, a value a line; the body of it is at 3.
 */
export function answersOf(
  kinds: readonly RequestKind[],
  policy: Policy,
): { readonly functions: readonly string[]; readonly branches: readonly string[] } {
  const functions = new ShellFunctions();
  const limits: Limits = { within: { roots: policy.roots }, onlyNew: policy.appendOnly };
  const branches = kinds.flatMap((kind) => answerLines(kind, limits, functions));
  return { branches, functions: functions.definitions };
}

function answerLines(kind: RequestKind, limits: Limits, functions: ShellFunctions): string[] {
  switch (kind) {
    case 'zstd':
      return ['# What is compressed could not be looked at.', 'zstd) exit 1 ;;'];
    case 'sudo-rules':
      return ['sudo-rules) [ "$1" = sudo ] || exit 0', '  "$1" "$2" -l </dev/null ;;'];
    case 'receive-lane':
      return ['receive-lane) check_quota "$@"; make_folder; limit_input; receive_lane "$@" ;;'];
    case 'make-parents':
      return ['make-parents) check_quota "$@"; with_body make-parents calls "$@" ;;'];
    case 'inventory':
    case 'datasets':
    case 'snapshots':
    case 'how-far':
    case 'about':
      return variantsOf(schemaOf(kind).fields).map((variant) => listLine(kind, variant, limits, functions));
    case 'set-notes':
    case 'set-roles':
    case 'bookmark-all':
      return [`${kind}) with_body ${kind} ${functions.nameOf([renderScript({ kind }, limits)])} "$@" ;;`];
    case 'referenced':
    case 'reclaim':
    case 'destroy':
    case 'bookmark':
      return [`${kind}) with_body ${kind} calls "$@" ;;`];
    case 'estimate':
      return ['estimate) with_body estimate checked_calls "$@" ;;'];
    case 'hold':
    case 'release': {
      const pools = [...new Set((limits.within?.roots ?? []).map(poolOf))];
      const script = renderScript({ kind, tag: shellHole('tag'), pools }, limits);
      const name = functions.nameOf([fillShellHoles(script, ['tag'])]);
      return [`${kind}) IFS= read -r tag; with_body ${kind} ${name} "$@" ;;`];
    }
    case 'abort':
      return [
        `abort) IFS= read -r dataset; IFS= read -r token; ${functions.nameOf([abortScript()])} "$@" ;;`,
      ];
    case 'send-lane':
      return ['send-lane) send "$@" ;;'];
  }
}

function abortScript(): string {
  const dataset = shellHole('dataset');
  const script = renderScript({ kind: 'abort', dataset, token: shellHole('token') }, {});
  // Within quotes, they end before the variable.
  const outside = script.replace(/'([^'\n]*)@dataset@([^'\n]*)'/, `'$1'${dataset}'$2'`);
  return fillShellHoles(outside, ['dataset', 'token']);
}

/** The branch for one way to say a request that is answered by lists. */
function listLine(
  kind: ListKind,
  { key, values }: Variant,
  limits: Limits,
  functions: ShellFunctions,
): string {
  const hasProperties = 'properties' in values;
  const request = {
    ...{ kind, ...values },
    ...(hasProperties ? { properties: [shellHole('properties')] } : {}),
  } as unknown as RequestOf<ListKind>;
  const answer = answerParts(request, limits, functions);
  const call =
    kind === 'how-far'
      ? `with_body ${kind} "${answer} ${answerParts(request, { ...limits, listsAll: true }, functions)}" "$@"`
      : kind === 'about'
        ? `with_body ${kind} ${answer} "$@"`
        : `${answer} "$@"`;
  return `${quoteWord(`${kind}${key}`)}) ${hasProperties ? 'IFS= read -r properties; ' : ''}${call} ;;`;
}

/** The function that prints all parts of an answer. */
function answerParts(request: RequestOf<ListKind>, limits: Limits, functions: ShellFunctions): string {
  const parts = Object.entries(listParts(request, limits)).map(([name, lines]) => {
    const call = `${functions.nameOf([fillShellHoles(lines.join('\n'), ['properties'])])} "$@"`;
    // Without any, nothing is asked.
    return [name, [name === 'properties' ? `[ "$properties" = '' ] || ${call}` : call]] as const;
  });
  return functions.nameOf([joinParts(Object.fromEntries(parts))]);
}

/** What is printed where there is nothing to be told about. */
export const nothingFunction = `
about_nothing() {
  echo ${quoteWord(emptyAnswer({ kind: 'about', what: 'snapshots', properties: [] }).slice(0, -1))}
}
`;

/** Calls zfs for each record, whose words stand on a line each, up to an empty one. */
export const callsFunction = `
calls() {
  ${printBeginMark(beginCallsMark)}
  while IFS= read -r word; do
    call "$@"
    ${printEndMark(endCallMark, '"$?"')}
  done
}

call() {
  while [ "$word" ]; do set -- "$@" "$word"; IFS= read -r word; done
  "$@" </dev/null 2>&1
}
`;
