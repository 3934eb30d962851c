// Case ids by pattern: `*` stands for any run of characters, `?` for one.

const quoted = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("?", ".");

export const matchesId = (pattern: string, caseId: string): boolean =>
  new RegExp(`^${pattern.split("*").map(quoted).join(".*")}$`).test(caseId);
