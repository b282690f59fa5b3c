/** Which build this is. */
// package.json lies above src, so no `#` import reaches it; the bundler writes its text in here.
import manifest from '../../package.json' with { type: 'json' }

export const version: string = manifest.version
