import { sumBytes } from './status.js';
import type { Status } from '../../tasks/status/status-result.js';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * A status in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4), as node_exporter's
 * textfile collector takes it. What isn't known has no sample.
 */
export function formatStatusForPrometheus(status: Status, localName: string): string {
  const metrics = listMetrics(status, localName).filter(({ samples }) => samples.length > 0);
  return metrics.map(formatMetric).join('');
}

function listMetrics(status: Status, localName: string): Metric[] {
  const rows = status.hosts.flatMap((host) =>
    host.kind === 'failed'
      ? []
      : host.streamlines.map((row) => ({ row, labels: { host: host.host, streamline: row.streamline } })),
  );
  const versions = [
    ...status.newest.map((version) => ({
      version,
      labels: { host: localName, streamline: version.tag.streamline },
    })),
    ...rows.map(({ row, labels }) => ({ version: row.newestThere, labels })),
  ];
  return [
    {
      name: 'zfs_vm_host_up',
      help: 'Whether the host could be compared with this one.',
      samples: status.hosts.map(({ host, kind }) => ({
        labels: { host },
        value: Number(kind === 'compared'),
      })),
    },
    {
      name: 'zfs_vm_newest_version_timestamp_seconds',
      help: 'When the newest version that the host has was made.',
      samples: versions.flatMap(({ version, labels }) => {
        const value = version === undefined ? undefined : status.createdAtSeconds.get(version.guid);
        return value === undefined ? [] : { labels, value };
      }),
    },
    {
      name: 'zfs_vm_versions_behind',
      help: 'How many versions the host lacks that a push would send, or a conflict keeps back.',
      samples: rows.map(({ row, labels }) => ({ labels, value: row.versionsBehind })),
    },
    {
      name: 'zfs_vm_versions_passed',
      help: 'How many older versions the host lacks that cannot be sent any more, as it has newer ones.',
      samples: rows.map(({ row, labels }) => ({ labels, value: row.versionsPassed })),
    },
    {
      name: 'zfs_vm_bytes_behind',
      help: 'About how many bytes a push would send.',
      samples: rows.flatMap(({ row, labels }) => {
        const value = sumBytes(status, row);
        return value === undefined ? [] : { labels, value };
      }),
    },
    {
      name: 'zfs_vm_partial_receives',
      help: 'How many interrupted receives of its versions the host has.',
      samples: rows.map(({ row, labels }) => ({ labels, value: row.partials.length })),
    },
    {
      name: 'zfs_vm_conflicts',
      help: 'How many datasets with versions of the streamline could not be pushed without losing something.',
      samples: rows.map(({ row, labels }) => ({ labels, value: row.conflicts.length })),
    },
  ];
}

function formatMetric({ name, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}\n`;
  });
  return [`# HELP ${name} ${help}\n`, `# TYPE ${name} gauge\n`, ...lines].join('');
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
