import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findContainerDatasets } from '../../src/streamline/container.js';

const datasets = [
  'rpool',
  'rpool/data',
  'rpool/data/subvol-100-disk-0',
  'rpool/data/vm-101-disk-0',
  'rpool/data/vm-101-disk-1',
  'rpool/data/vm-1010-disk-0',
  'rpool/data/base-102-disk-0',
  'rpool/data/vm-103-cloudinit',
  'default/containers/web',
  'default/virtual-machines/mail',
  'default/virtual-machines/mail.block',
  'pool/src/OpenVZ/Instance/1007',
];

for (const [id, expected] of Object.entries({
  '100': ['rpool/data/subvol-100-disk-0'],
  '101': ['rpool/data/vm-101-disk-0', 'rpool/data/vm-101-disk-1'],
  '102': ['rpool/data/base-102-disk-0'],
  '103': [],
  '10': [],
  web: ['default/containers/web'],
  mail: ['default/virtual-machines/mail.block'],
  '1007': ['pool/src/OpenVZ/Instance/1007'],
  rpool: [],
})) {
  test(`container ${id} is found in ${expected.length} datasets`, () => {
    assert.deepEqual(findContainerDatasets(id, datasets), expected);
  });
}
