import { expect, test } from 'vitest'
import { takeAction } from './actions.ts'

function take(...argv: string[]) {
  let stderr = ''
  const io = { argv, env: {}, stdout: () => {}, stderr: (text: string) => (stderr += text) }
  return { taken: takeAction(io, 'events', { install: '', uninstall: '', status: '' }), stderr }
}

test('the action is the first word, and the rest are its flags', () => {
  expect(take('status', '--config', 'install')).toEqual({
    taken: { action: 'status', argv: ['--config', 'install'] },
    stderr: '',
  })
})

test.each([[[]], [['--config=file', 'install']]])('without one first, all are named: %j', (argv) => {
  expect(take(...argv)).toEqual({
    taken: { code: 64 },
    stderr: 'postern: events needs to be told what to do: postern events install|uninstall|status\n',
  })
})

test('a wrong one is refused with the nearest, or all, and never repeated', () => {
  expect(take('instal')).toEqual({
    taken: { code: 64 },
    stderr: 'postern: events has no such action, did you mean install?\n',
  })
  expect(take('geheim')).toEqual({
    taken: { code: 64 },
    stderr: 'postern: events has no such action; there are install, uninstall, status\n',
  })
  // What every object has is no action.
  expect(take('toString').taken).toEqual({ code: 64 })
})
