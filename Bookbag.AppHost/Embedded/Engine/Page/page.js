const keptLines = 5000;
const rows = new Map();
let selected = null;
let logs = null;
const find = id => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function tone(resource) {
  if (resource.health === 'Healthy') return 'good';
  return ['FailedToStart', 'Exited'].includes(resource.state) || resource.health === 'Unhealthy' ? 'bad' : '';
}

function draw(resource) {
  const open = element('button', resource.id);
  open.addEventListener('click', () => select(resource.id));
  const address = resource.url.startsWith('http') ? element('a', resource.url) : element('span', resource.url);
  if (address.tagName === 'A') address.href = resource.url;
  const state = resource.exitCode === null ? resource.state : `${resource.state} (${resource.exitCode})`;
  const row = document.createElement('tr');
  if (resource.id === selected) row.setAttribute('aria-current', 'true');
  for (const content of [open, element('span', state), element('span', resource.health, tone(resource)), address,
    element('span', resource.restarts), element('span', resource.processId ?? '')]) {
    const cell = document.createElement('td');
    cell.append(content);
    row.append(cell);
  }
  return row;
}

function redraw() {
  find('resources').replaceChildren(...[...rows.values()].map(draw));
  const resource = rows.get(selected);
  if (!resource) return;
  find('name').textContent = resource.id;
  find('failure').textContent = resource.failure ?? '';
  find('environment').replaceChildren(...resource.environment.flatMap(v => [element('dt', v.name), element('dd', v.value)]));
}

function select(id) {
  selected = id;
  location.hash = id;
  find('detail').hidden = false;
  redraw();
  logs?.close();
  const output = find('logs');
  output.replaceChildren();
  logs = new EventSource(`logs/${encodeURIComponent(id)}`);
  logs.onopen = () => output.replaceChildren();
  logs.onmessage = message => {
    const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 40;
    output.append(`${message.data}\n`);
    while (output.childNodes.length > keptLines) output.firstChild.remove();
    if (atEnd) output.scrollTop = output.scrollHeight;
  };
}

const resources = new EventSource('resources');
resources.onopen = () => { find('connection').textContent = 'live'; };
resources.onerror = () => { find('connection').textContent = 'not connected: the app host has stopped or is busy'; };
resources.onmessage = message => {
  const resource = JSON.parse(message.data);
  rows.set(resource.id, resource);
  if (!selected && decodeURIComponent(location.hash.slice(1)) === resource.id) select(resource.id);
  else redraw();
};
