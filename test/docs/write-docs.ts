import { writeFileSync } from 'node:fs';
import { formatCatalogue } from './catalogue.js';

writeFileSync(new URL('../../../docs/messages.md', import.meta.url), formatCatalogue());
