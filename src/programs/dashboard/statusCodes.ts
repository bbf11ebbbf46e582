/**
 * What each failure is to HTTP. What stands nowhere here is a 500: something on this machine has to be put right first.
 * 502: the provider answered, and the answer is no; 504: there is none.
 */
const codes: Readonly<Record<string, number>> = {
  BadRequest: 400,
  BadCursor: 400,
  Unauthorized: 401,
  ForeignSite: 403,
  NoSuchPath: 404,
  UnknownConnector: 404,
  UnknownRun: 404,
  UnknownCheckpoint: 404,
  DatasetNotFound: 404,
  SyncRunning: 409,
  NothingToUndo: 409,
  CannotUndo: 409,
  DatasetChanged: 409,
  CursorChanged: 409,
  SharedDataset: 409,
  NoSignIn: 409,
  NotConnected: 409,
  MissingSecrets: 409,
  StartedElsewhere: 409,
  // A sign-in that is not, or no longer, under way.
  SignInInvalid: 400,
  BodyTooLarge: 413,
  NotJson: 415,
  ForeignHost: 421,
  // The user's own text, code or rows: only they can put it right.
  ManifestSyntax: 422,
  ManifestUnreadable: 422,
  LoadError: 422,
  EnvUnreadable: 422,
  DatasetMalformed: 422,
  SchemaDrift: 422,
  EmptyReplace: 422,
  RowRefused: 422,
  RowError: 422,
  StateNotJson: 422,
  CannotSettle: 422,
  InvalidField: 422,
  InvalidName: 422,
  InvalidPath: 422,
  InvalidSchedule: 422,
  InvalidConfig: 422,
  UnknownDataset: 422,
  UnknownOutput: 422,
  UnknownKey: 422,
  NotASource: 422,
  DatasetShared: 422,
  TwoDatabases: 422,
  SourceShared: 422,
  PathEscapes: 422,
  ProviderRefused: 502,
  ProviderUnusable: 502,
  TooManyStreams: 503,
  TooManySessions: 503,
  Stopping: 503,
}

/** `ProviderUnusable` is a 504 when the provider gave no answer at all, and trying again may help. */
export const statusOf = (error: { readonly _tag: string; readonly transient?: unknown }): number =>
  error._tag === "ProviderUnusable" && error.transient === true ? 504 : (codes[error._tag] ?? 500)
