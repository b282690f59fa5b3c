/** MySQL or MariaDB: what of their differences matters to us, as data. */

export interface Flavour {
  readonly mariadb: boolean
  /** INSERT and DELETE can give rows back (MariaDB Server documentation, "INSERT…RETURNING", since 10.5). */
  readonly returning: boolean
  /** A derived table may refer to the row outside (MySQL Reference Manual, "Derived Tables", since 8.0.14). Where it may not, GROUP_CONCAT takes a LIMIT. */
  readonly lateral: boolean
  /** A table that is written may be read in the same statement (MariaDB since 10.3). */
  readonly readsWritten: boolean
  /** EXPLAIN gives JSON whatever the values are. MariaDB 10.11 leaves quotes and line breaks in them as they are. */
  readonly jsonPlans: boolean
}

export const mysql: Flavour = {
  mariadb: false,
  returning: false,
  lateral: true,
  readsWritten: false,
  jsonPlans: true,
}

export const mariadb: Flavour = {
  mariadb: true,
  returning: true,
  lateral: false,
  readsWritten: true,
  jsonPlans: false,
}

/** @param version the server version of the handshake: `8.0.36`, or `5.5.5-10.11.6-MariaDB-log` */
export const flavourOf = (version: string): Flavour => (/mariadb/i.test(version) ? mariadb : mysql)
