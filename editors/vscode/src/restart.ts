// Whether a server that died is started again.

/** Restarts a server that dies now and then, and gives up on one that dies again and again. */
export class RestartPolicy {
  private deaths: number[] = [];

  /**
   * @param limit deaths within the window after which to give up
   * @param window in milliseconds
   */
  constructor(
    private readonly limit = 5,
    private readonly window = 180_000,
  ) {}

  /** Notes a death. Returns how many milliseconds to wait before the next start, or nothing to give up. */
  died(now: number): number | undefined {
    this.deaths = this.deaths.filter((time) => now - time < this.window);
    this.deaths.push(now);
    if (this.deaths.length >= this.limit) return undefined;
    return this.deaths.length === 1 ? 0 : 250 * 2 ** (this.deaths.length - 2);
  }

  /** Forgets the past, when a person asks for a start. */
  reset(): void {
    this.deaths = [];
  }
}
