// The box in which somebody writes to a customer. Its text belongs to the browser: nothing that happens on the way to the server takes it.
export function bind(box, composer, key) {
  box.value = sessionStorage.getItem(key) ?? '';
  box.addEventListener('input', () => sessionStorage.setItem(key, box.value));
  box.addEventListener('keydown', pressed => {
    if (pressed.key !== 'Enter' || pressed.shiftKey || pressed.isComposing)
      return;
    pressed.preventDefault();
    composer.invokeMethodAsync('SendAsync').catch(() => { /* the connection is lost; the page says so, and the text stays */ });
  });
}

export function read(box) {
  return box.value;
}

// What was typed on meanwhile is the next message.
export function sent(box, key, text) {
  box.value = box.value.startsWith(text) ? box.value.slice(text.length) : box.value;
  sessionStorage.setItem(key, box.value);
  box.focus();
}
