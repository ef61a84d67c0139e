import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareLooks } from './compare-looks.js';
import { pickCommand } from './random-command.js';
import { makeScene, passTime } from './random-world.js';
import { Violation } from './violation.js';

/** How many worlds are looked at; the simulation of whole commands looks at many more. */
const worlds = 400;

test(`in ${worlds} random worlds, a quick look at the receiver gives the plan that reading all of it gives`, async () => {
  for (let seed = 1; seed <= worlds; seed++) {
    const scene = await makeScene(seed);
    await passTime(scene);
    try {
      await compareLooks(scene.sender, scene.receiver, pickCommand(scene));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      assert.fail(`world ${seed}: ${error.message}\n${scene.story.join('\n')}`);
    }
  }
});
