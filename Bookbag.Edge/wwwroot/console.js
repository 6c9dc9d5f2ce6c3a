// What the console asks of the browser and Blazor has no word for.
(() => {
  const key = 'bookbag.dark';
  const isDark = () => {
    const chosen = localStorage.getItem(key);
    return chosen === null ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'true';
  };
  const show = () => { document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'; };
  show();

  window.bookbag = {
    begin(page) {
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible')
          page.invokeMethodAsync('ReturnAsync').catch(() => { /* the circuit is gone, and says so itself */ });
      });
      return { dark: isDark(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    },
    setDark(dark) {
      localStorage.setItem(key, dark);
      show();
    },
    async showSession(ticket) {
      try {
        return (await fetch(`/account/session/${ticket}`, { method: 'POST' })).status;
      } catch {
        return 0;
      }
    },
    async copy(text) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        return false;
      }
    },
  };
})();
