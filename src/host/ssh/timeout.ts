/** How long a host may take to accept a connection, and to answer while we log in, unless ConnectTimeout says it. */
export const defaultConnectTimeoutMs = 30_000;
