/** A method and a path template with `:parameters` and at most one `*rest` at its end. */
export interface RouteTemplate {
  readonly method: string;
  readonly path: string;
}
