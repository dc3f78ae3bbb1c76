import { launch } from "./harness.mjs";
const [,, out, hash, w=1440, h=900, scheme="light", ...acts] = process.argv;
const b = await launch({});
const phone = +w < 500;
const v = await b.open(hash, { viewport: { width: +w, height: +h }, colorScheme: scheme, hasTouch: phone, isMobile: phone });
await v.page.waitForTimeout(+(process.env.WAIT||3500));
for (const a of acts) { try { const [k, ...r] = a.split("::"); if (k==="click") await v.page.locator(r.join("::")).first().click({timeout:3000}); else if (k==="key") await v.page.keyboard.press(r[0]); else if (k==="tab") await v.page.getByRole("tab",{name:r[0],exact:true}).click({timeout:3000}); else if (k==="wait") await v.page.waitForTimeout(+r[0]); } catch(e) { console.log("ACT", a, e.message.split("\n")[0]); } await v.page.waitForTimeout(500); }
await v.page.screenshot({ path: out });
console.log(await v.page.evaluate(() => location.hash), JSON.stringify(v.problems), await v.page.locator(".notice").allTextContents());
await b.close();
