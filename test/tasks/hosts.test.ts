import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import { Hosts } from '../../src/tasks/hosts.js';
import { SimWorld } from '../sim/sim-world.js';
import { surround } from './sim-surroundings.js';

const config = '[remotes.backup]\nhost = "b"\n[remotes.offsite]\nhost = "offsite.example.com"\n';

/** Opens a host whose name can't be resolved, and gives the error. */
async function failToOpen(target: string, error: ZfsVmError): Promise<ZfsVmError> {
  const world = new SimWorld();
  world.addMachine('a');
  const surroundings = { ...surround(world, 'a', { config }), connect: () => Promise.reject(error) };
  return Hosts.use(surroundings, (hosts) => hosts.open(target)).then(
    () => assert.fail('it was opened'),
    (thrown: unknown) => {
      assert.ok(thrown instanceof ZfsVmError);
      return thrown;
    },
  );
}

const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });

test('of a name that can not be resolved it is told that it is no remote, either, and which one is near', async () => {
  const error = new ZfsVmError('connection', 'no such host', { cause: unknown });
  assert.deepEqual((await failToOpen('bakcup', error)).details, [
    'no remote "bakcup" is configured; did you mean "backup"?',
  ]);
  assert.deepEqual((await failToOpen('web.example.com', error)).details, [
    'no remote "web.example.com" is configured',
  ]);
  const said = new ZfsVmError(
    'connection',
    'ssh: Could not resolve hostname backp: Name or service not known',
  );
  assert.match((await failToOpen('backp', said)).details.join(), /did you mean "backup"/);
});

test('nothing of that is told of a remote, or of a host that refuses', async () => {
  assert.deepEqual(
    (await failToOpen('offsite', new ZfsVmError('connection', 'x', { cause: unknown }))).details,
    [],
  );
  assert.deepEqual((await failToOpen('bakcup', new ZfsVmError('connection', 'no answer'))).details, []);
});
