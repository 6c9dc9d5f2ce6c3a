// The box in which somebody writes to a customer. Its text belongs to the browser: nothing that happens on the way to the server takes it.
export function bind(box, composer, key) {
  const tell = method => composer.invokeMethodAsync(method).catch(() => { /* the connection is lost; the page says so, and the text stays */ });
  box.value = sessionStorage.getItem(key) ?? '';
  box.addEventListener('input', () => sessionStorage.setItem(key, box.value));
  box.addEventListener('keydown', pressed => {
    if (pressed.isComposing || (pressed.key !== 'Escape' && (pressed.key !== 'Enter' || pressed.shiftKey)))
      return;
    pressed.preventDefault();
    tell(pressed.key === 'Enter' ? 'SendAsync' : 'LeaveOut');
  });
}

// What is typed, and the name under which it is sent: the same again, after an answer that was lost or a reload, is the same message.
export function attempt(box, key, about, fresh) {
  const before = JSON.parse(sessionStorage.getItem(`${key}.attempt`));
  const now = before?.text === box.value && before.about === about ? before : { id: fresh, text: box.value, about };
  sessionStorage.setItem(`${key}.attempt`, JSON.stringify(now));
  return now;
}

// What was typed on meanwhile is the next message.
export function sent(box, key, text) {
  box.value = box.value.startsWith(text) ? box.value.slice(text.length) : box.value;
  sessionStorage.setItem(key, box.value);
  sessionStorage.removeItem(`${key}.attempt`);
  box.focus();
}
