// Processes whose lines are waited for.
import { spawn } from "node:child_process";
import { once } from "node:events";

const [command, ...first] = process.argv.slice(2);
const running = new Set();
let isOver = false;

/** Ends every process that is left; no other is started. */
export function endAll() {
  isOver = true;
  for (const child of running) child.kill();
}

/** A process of crosscheck. */
export class Crosscheck {
  output = "";
  #child;
  #look = new Set();
  #done;
  #closed = false;

  constructor(args, env, cwd) {
    if (isOver) throw new Error("nothing is started any more");
    this.#child = spawn(command, [...first, ...args], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        for (const look of this.#look) look();
      });
    }
    this.#done = once(this.#child, "close").then(([code]) => {
      running.delete(this.#child);
      this.#closed = true;
      for (const look of this.#look) look();
      return code;
    });
  }

  /** The first match in what it prints, as soon as that is there. */
  says(pattern) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.output);
        if (found) resolve(found);
        else if (this.#closed) reject(new Error(`it ended without ${pattern}:\n${this.output}`));
        else return;
        this.#look.delete(look);
      };
      this.#look.add(look);
      look();
    });
  }

  /** Whether it goes on. */
  get isRunning() {
    return this.#child.exitCode === null;
  }

  /** Its exit code, when it has ended by itself. */
  ends() {
    return this.#done;
  }
}
