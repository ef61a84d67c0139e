import { readInventory } from '../inventory/read-inventory.js';
import { toPrintableJson } from '../base/printable.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { toJsonPieces } from '../report/json-pieces.js';
import { listStreamlines } from '../report/versions/version-listing.js';
import { formatVersionTable } from '../report/versions/version-table.js';
import { joinPieces, writeAll } from '../base/write-all.js';
import { repeatable } from '../base/repeatable.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { localName } from '../config/config.js';
import { Hosts } from '../tasks/hosts.js';
import { BaseCommand } from './base-command.js';

/** The version of what `--json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** Shows which versions a host has. */
export class ListCommand extends BaseCommand<typeof ListCommand.definition> {
  static readonly definition = defineCommand({
    names: [['list']],
    description: 'show which versions a host has',
    details: `
      Shows every snapshot named \`@zfs-vm:STREAMLINE:VERSION\`, by streamline, oldest version first. Snapshots whose
      names begin like that and are no versions are told on stderr, with why. Times are UTC. A note is cut to the width of
      the terminal; --json has all of it. \`-v\` adds the GUIDs.
    `,
    examples: [
      ['Show what this machine has', 'list'],
      ['Show what another host has, with sudo there', '-s list fjoe@remote-host'],
      ['The same for scripts', 'list --json fjoe@remote-host'],
    ],
    options: { json: flag(['--json'], 'print JSON (docs/scripting.md)') },
    operands: { host: optionalHostOperand },
  });

  async execute(): Promise<number> {
    const { stdout, stderr, env, signal } = this.context;
    const surroundings = await this.surround();
    return Hosts.use(surroundings, async (hosts) => {
      const endpoint = await hosts.open(this.args.host ?? localName);
      const inventory = await readInventory(endpoint, { scope: 'tagged', details: true, signal });
      const streamlines = listStreamlines(inventory.datasets);
      if (inventory.lacksNotes) {
        stderr.write(`a note on ${endpoint.host.name} has a tab or a line end in it: no notes are shown\n`);
      }
      if (this.args.json) {
        const document = {
          ...{ schemaVersion, host: endpoint.host.name, streamlines: repeatable(() => streamlines) },
          ignored: inventory.malformedTags,
        };
        await writeAll(stdout, writePrintableJson(document), signal);
        return 0;
      }
      surroundings.emit({
        kind: 'malformed-tags',
        host: endpoint.host.name,
        malformedTags: inventory.malformedTags,
      });
      if (streamlines.length === 0) stderr.write(`${endpoint.host.name} has no zfs-vm versions\n`);
      const table = formatVersionTable(streamlines, {
        ...{ colors: chooseColors(stdout, env), withGuids: this.verbose },
        width: findWidth(stdout),
      });
      await writeAll(stdout, table, signal);
      return 0;
    });
  }
}

function* writePrintableJson(document: object): Generator<string> {
  for (const piece of joinPieces(toJsonPieces(document))) yield toPrintableJson(piece);
  yield '\n';
}
