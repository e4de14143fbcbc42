// @ts-check
import { call, messageOf } from "./api.js";
import { toast } from "./dom.js";
import { actionButton } from "./page.js";
import { T } from "./texts.js";

/**
 * Opens the organization's dashboard at Dropsuite in a new tab. The link works once, so it goes from the answer to the tab
 * and is kept nowhere.
 * @param {string} organization
 * @param {string} name
 */
export function impersonateButton(organization, name) {
  return actionButton(T.users.impersonate, {
    busy: T.users.impersonating, name, waitingFor: T.vendor,
    run: async () => {
      // The tab is opened at once: browsers refuse one that opens long after the click.
      const tab = open("about:blank");
      if (!tab) {
        toast(T.users.tabBlocked, T.close);
        return;
      }
      tab.opener = null;
      try {
        const { url } = await call("organizations/impersonate", { body: { organization } });
        if (!/^https:\/\//.test(url)) throw new Error("the link is no https address");
        tab.location.replace(url);
      } catch (error) {
        tab.close();
        toast(messageOf(error), T.close);
      }
    },
  });
}
