// The client's types. Those of messages are made from the protos by `npm run types`: what is sent, where all may be left out, and what comes.
import type { Client as Stub } from "@grpc/grpc-js";
import type { AdviseStopResponse__Output } from "./types/querist/v1/AdviseStopResponse";
import type { CampaignRound } from "./types/querist/v1/CampaignRound";
import type { GetServerInfoResponse__Output } from "./types/querist/v1/GetServerInfoResponse";
import type { Pool } from "./types/querist/v1/Pool";
import type { Progress__Output } from "./types/querist/v1/Progress";
import type { SelectHeader } from "./types/querist/v1/SelectHeader";
import type { SelectResponse__Output } from "./types/querist/v1/SelectResponse";

export interface Packed {
  dtype: "DATA_TYPE_FLOAT32";
  shape: number[];
  data: Buffer;
}

export function tensor(values: ArrayLike<number>, shape: number[]): Packed;

/** Columns that cannot be missing from an answer. */
export type Selection = SelectResponse__Output & { [Name in "selected" | "statistics"]: NonNullable<SelectResponse__Output[Name]> };
export type Advice = AdviseStopResponse__Output & { stop: NonNullable<AdviseStopResponse__Output["stop"]> };
export type Info = GetServerInfoResponse__Output & { limits: NonNullable<GetServerInfoResponse__Output["limits"]> };

export class QueristError extends Error {
  code: string;
  reason: string;
  metadata: Record<string, string>;
  fields: string[];
  retryAfter?: number;
  passing: boolean;
}

export interface Options {
  token?: string;
  certificates?: Buffer;
  /** Seconds for a call with all its attempts. */
  timeout?: number;
  retries?: number;
}

export class Client {
  constructor(address: string, options?: Options);
  readonly stubs: Record<string, Stub>;
  retried: number;
  close(): void;
  info(): Promise<Info>;
  select(header: SelectHeader, pool: Pool, options?: { timeout?: number }): Promise<Selection>;
  selectStream<Rows extends Pool>(
    header: SelectHeader,
    blocks: Iterable<Rows> | AsyncIterable<Rows>,
    rowsOf: (rows: Rows) => number,
    onProgress?: (progress: Progress__Output) => void,
  ): Promise<Selection>;
  adviseStop(campaign: CampaignRound): Promise<Advice>;
  unary(service: string, method: string, request: object, options?: { timeout?: number }): Promise<any>;
  stream(service: string, method: string, requests: Iterable<object> | AsyncIterable<object>): AsyncGenerator<any>;
}
