/** The words of a line of shell: quotes end, and a comment begins where a shell has it so. Nothing is replaced. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) {
    if (word.startsWith("#") || /^[|<>&]/.test(word)) break;
    words.push(
      word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double: string, single: string) => double ?? single),
    );
  }
  return words;
}
