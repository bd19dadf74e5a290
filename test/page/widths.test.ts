import { expect, test } from 'vitest';
import { close, inBrowser, picture, shown, tab } from './browser.js';

// Pictures of every view for those who look at a run: test-results/page/WIDTH-COLOURS-VIEW.png.
const WIDTHS = [390, 768, 1440, 2560] as const;
const COLOURS = ['light', 'dark'] as const;

inBrowser('every view at every width', () => {
  test.each(WIDTHS.flatMap((width) => COLOURS.map((scheme) => [width, scheme] as const)))(
    '%i px, %s: nothing is wider than the screen',
    async (width, colorScheme) => {
      const wide: string[] = [];
      const t = await tab('', { viewport: { width, height: Math.max(844, Math.round(width * 0.6)) }, colorScheme });
      const look = async (what: string): Promise<void> => {
        const over = await t.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) wide.push(`${what}: ${over} px wider than the screen`);
        await picture(t.page, `${width}-${colorScheme}-${what}`);
      };
      await t.page.getByRole('button', { name: 'language model gpt2', exact: true }).waitFor();
      await look('welcome');
      await t.page.getByRole('button', { name: 'language model gpt2', exact: true }).click();
      await shown(t.page, 'gpt2');
      await t.page.locator('.strip li').first().waitFor();
      const names = await t.page.getByRole('tab').allInnerTexts();
      expect(names.length).toBeGreaterThan(10);
      for (const name of names) {
        await t.page.getByRole('tab', { name, exact: true }).click();
        await t.page
          .locator('.work .canvas svg, .work.table .row, .tools, .compare-empty, .timeline svg, .serving .figure')
          .first()
          .waitFor();
        await look(name.toLowerCase().replaceAll(' ', '-'));
      }
      await close(t);
      expect(wide).toEqual([]);
    },
    120_000,
  );
});
