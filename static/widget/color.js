// A company's own colour, and the ink that can be read on it.

// isColor tells whether value is a colour that we take: #rrggbb, and nothing that could be more than a colour.
export const isColor = value => /^#[0-9a-f]{6}$/i.test(value);

// inkFor gives white where that has 4.5:1 on the colour (WCAG 2.2, 1.4.3), else near-black. desk.Widget.InkOn says the same.
export function inkFor(color) {
  const [r, g, b] = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16) / 255).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) >= 4.5 ? '#ffffff' : '#1d1c1a';
}
