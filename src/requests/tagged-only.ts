import { tagExpression } from '../streamline/tag.js';

/**
 * An awk program that reads datasets, the line "snapshots", snapshots and bookmarks, and the line "status" with how zfs ended. It
 * lets through those of datasets that have versions or are the origin of another. In the order of full names, what lies below a
 * dataset comes between its bookmarks and its snapshots: once these are over, there is no more of it to come.
 */
export const taggedOnly = [
  '$0 == "snapshots" { isListing = 1; next }',
  'NF == 1 && sub(/^status /, "") { status = $0; next }',
  '!isListing { sub(/@.*/, "", $3); isOrigin[$3]; next }',
  '{ dataset = $1; sub(/[@#].*/, "", dataset) }',
  'dataset != last && isSnapshot { for (; count[last] > 0; count[last]--) delete held[last, count[last]] }',
  '{ last = dataset; isSnapshot = $1 ~ /@/ }',
  'dataset in isKept || dataset in isOrigin { print; next }',
  `$1 ~ /${tagExpression}/ { for (i = 1; i <= count[dataset]; i++) print held[dataset, i] }`,
  `$1 ~ /${tagExpression}/ { print; isKept[dataset]; delete count[dataset]; next }`,
  '{ held[dataset, ++count[dataset]] = $0 }',
  'END { if (status == "") { print "the list of snapshots is incomplete or too long" >"/dev/stderr"; exit 1 } exit status }',
];
