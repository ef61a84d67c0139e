/** What a host is asked for. */
export type Inquiry =
  /** Its datasets and snapshots. */
  | { readonly kind: 'all' }
  /** Its datasets. */
  | { readonly kind: 'datasets' }
  /** So many snapshots by name, and of the datasets that haven't exactly the newest, what they end with. */
  | { readonly kind: 'how-far'; readonly named: number }
  /** So many snapshots by name. */
  | { readonly kind: 'named'; readonly count: number }
  /** The snapshots of so many datasets. */
  | { readonly kind: 'snapshots-of'; readonly count: number }
  /** All its snapshots, its datasets being known. */
  | { readonly kind: 'snapshots' };

/** What happens while hosts are read. */
export type ReadingEvent =
  /** A host is asked for what it has. */
  | { readonly kind: 'reading'; readonly host: string; readonly what: Inquiry }
  /** A host has told what it has. */
  | { readonly kind: 'read'; readonly host: string; readonly datasets: number; readonly snapshots: number };
