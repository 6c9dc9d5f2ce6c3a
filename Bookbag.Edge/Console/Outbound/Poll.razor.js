// Tells a component whether its tab is looked at.
export function watch(component) {
  const tell = () => component.invokeMethodAsync('Look', document.visibilityState === 'visible').catch(() => { /* the circuit is gone, and says so itself */ });
  document.addEventListener('visibilitychange', tell);
  return { stop: () => document.removeEventListener('visibilitychange', tell) };
}
