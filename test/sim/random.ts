/** A seeded generator of random numbers: the same seed gives the same numbers, everywhere and always (splitmix64). */
export class Random {
  #state: bigint;

  constructor(seed: number | bigint) {
    this.#state = BigInt.asUintN(64, BigInt(seed));
  }

  /** 64 random bits. */
  bits(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let mixed = this.#state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return Number(this.bits() % BigInt(limit));
  }

  /** Whether something happens that has this chance, from 0 to 1. */
  chance(probability: number): boolean {
    return Number(this.bits() >> 11n) / 2 ** 53 < probability;
  }

  /** One of these. @throws Error when there is none */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(Math.max(1, choices.length))];
    if (choice === undefined) throw new Error('there is nothing to pick from');
    return choice;
  }

  /** A generator of its own, so that what it is used for takes no numbers from this one. */
  fork(): Random {
    return new Random(this.bits());
  }
}
