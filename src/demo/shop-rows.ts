/** The rows of the sample shop: some ten thousand, made by the database itself, the same every time. */

const words = (text: string): string =>
  `ARRAY[${text
    .trim()
    .split(/\s*,\s*/)
    .map((word) => `'${word.replaceAll("'", "''")}'`)
    .join(', ')}]`

const firstNames =
  words(`Ada, Anna, Amélie, Bruno, Carla, Chiara, Daan, Elif, Emma, Erik, Fatima, Finn, Giulia, Greta,
  Hugo, Ines, Ivan, Jana, João, Julia, Karim, Lars, Léa, Liam, Lucía, Magnus, Marta, Mateo, Mia, Nora, Oskar, Paula,
  Pavel, Rosa, Sofia, Stefan, Tomáš, Viktor, Yara, Zoé`)
const lastNames =
  words(`Almeida, Andersson, Bauer, Berg, Bianchi, Brown, Costa, De Vries, Dubois, Fernández, Fischer,
  García, Gruber, Hansen, Horvat, Jansen, Jensen, Kaya, Keller, Kowalski, Larsen, Lefèvre, López, Moreau, Müller, Novák,
  O'Brien, Okafor, Petrov, Ricci, Rossi, Santos, Schmidt, Silva, Smit, Taylor, Virtanen, Wagner, Weber, Yılmaz`)
const countries = words('DE, DE, DE, FR, FR, IT, ES, NL, AT, SE, PL, PT, DK, IE, CZ')
const cities = `'${JSON.stringify({
  DE: ['Berlin', 'Leipzig'],
  FR: ['Lyon', 'Nantes'],
  IT: ['Torino', 'Bologna'],
  ES: ['Sevilla', 'Bilbao'],
  NL: ['Utrecht', 'Delft'],
  AT: ['Graz', 'Linz'],
  SE: ['Malmö', 'Uppsala'],
  PL: ['Kraków', 'Gdańsk'],
  PT: ['Porto', 'Évora'],
  DK: ['Aarhus', 'Odense'],
  IE: ['Cork', 'Galway'],
  CZ: ['Brno', 'Plzeň'],
})}'::jsonb`
const streets =
  words(`Garden Street, Mill Lane, Station Road, Church Street, Harbour Way, Market Square, Forest Path,
  River Bank`)
const styles = words('Oak, Walnut, Linen, Wool, Steel, Copper, Ceramic, Glass, Bamboo, Marble, Cork, Velvet')
const things =
  words(`Desk Lamp, Floor Lamp, Side Table, Dining Table, Armchair, Bar Stool, Bookshelf, Wall Clock, Mirror,
  Vase, Tea Set, Serving Tray, Cutting Board, Picture Frame, Plant Pot, Candle Holder, Coat Rack, Door Mat, Cushion, Throw`)
const colours = words('natural, black, white, sage, rust, ocean')
const titles = words('Clerk, Packer, Buyer, Designer, Driver, Accountant')

/** A number from 0 to n - 1, spread evenly but always the same for the same row and purpose. */
const pick = (row: string, purpose: string, n: number | string): string =>
  `(('x' || substr(md5(${row} || '${purpose}'), 1, 7))::bit(28)::integer % ${n})`

/** One of a list of words, likewise. */
const one = (list: string, row: string, purpose: string): string =>
  `(${list})[1 + ${pick(row, purpose, `cardinality(${list})`)}]`
const address = "c.id || ':' || k"
const item = "n || ':' || line"

/** Statements that fill the tables of shop-schema.ts. */
export const shopRows = /* sql */ `
INSERT INTO customers (name, email, country, phone, newsletter, joined_on)
SELECT first || ' ' || last, translate(lower(first || '.' || last), ' ''éèáàãıüöłňšçíó', '--eeaaaiuolnscio') || n || '@example.com',
       country, CASE WHEN n % 3 > 0 THEN '0' || 20000000 + ${pick('n', 'phone', 70_000_000)} END,
       n % 4 = 1, date '2023-01-02' + n * 7 / 4
FROM (SELECT n, ${one(firstNames, 'n', 'first')} AS first, ${one(lastNames, 'n', 'last')} AS last,
             ${one(countries, 'n', 'country')} AS country
      FROM generate_series(1, 600) n) people ORDER BY n;

-- One address each; every third customer has parcels sent elsewhere.
INSERT INTO addresses (customer_id, street, postal_code, city, country)
SELECT c.id, 1 + ${pick(address, 'number', 120)} || ' ' || ${one(streets, address, 'street')},
       lpad(${pick(address, 'code', 99_999)}::text, 5, '0'), ${cities} -> c.country ->> ${pick(address, 'city', 2)}, c.country
FROM customers c, generate_series(1, 2) k WHERE k = 1 OR c.id % 3 = 0 ORDER BY k, c.id;

INSERT INTO categories (name, parent_id)
VALUES ('Lighting', NULL), ('Furniture', NULL), ('Kitchen', NULL), ('Decoration', NULL), ('Textiles', NULL),
       ('Lamps', 1), ('Tables', 2), ('Seating', 2), ('Storage', 2), ('Tableware', 3), ('Mirrors and clocks', 4),
       ('Plants', 4), ('Gifts', NULL);

INSERT INTO products (sku, name, description, price, stock, attributes, tags, active, created_at)
SELECT 'P-' || lpad(n::text, 4, '0'), style || ' ' || thing,
       format('%s of %s, made to last. Comes in %s.', thing, lower(style), colour),
       round(9.9 + ${pick('n', 'price', 40_000)} / 100.0, 1) - 0.01, ${pick('n', 'stock', 250)},
       jsonb_build_object('colour', colour, 'weight', 50 * (1 + ${pick('n', 'weight', 200)}),
         'size', jsonb_build_array(100 + 10 * ${pick('n', 'width', 90)}, 100 + 10 * ${pick('n', 'height', 90)})),
       array_remove(ARRAY[CASE WHEN n % 5 = 0 THEN 'new' END, CASE WHEN n % 7 = 0 THEN 'sale' END,
         CASE WHEN style IN ('Oak', 'Bamboo', 'Cork', 'Linen') THEN 'sustainable' END], NULL),
       n % 19 > 0, timestamptz '2024-03-01 09:00:00+00' + n * interval '31 hours 7 minutes 0.25 seconds'
FROM (SELECT n, (${styles})[1 + (n - 1) % 12] AS style, (${things})[1 + (n - 1) / 12] AS thing,
             ${one(colours, 'n', 'colour')} AS colour
      FROM generate_series(1, 240) n) goods ORDER BY n;

INSERT INTO product_categories (product_id, category_id)
SELECT p.id, c.id FROM products p JOIN categories c ON
  CASE c.name
    WHEN 'Lamps' THEN p.name LIKE '% Lamp'
    WHEN 'Lighting' THEN p.name LIKE '% Lamp' OR p.name LIKE '%Candle%'
    WHEN 'Tables' THEN p.name LIKE '% Table'
    WHEN 'Seating' THEN p.name LIKE '% Armchair' OR p.name LIKE '% Stool'
    WHEN 'Storage' THEN p.name LIKE '% Bookshelf' OR p.name LIKE '% Rack'
    WHEN 'Tableware' THEN p.name LIKE '% Set' OR p.name LIKE '% Tray' OR p.name LIKE '% Board'
    WHEN 'Mirrors and clocks' THEN p.name LIKE '% Mirror' OR p.name LIKE '% Clock'
    WHEN 'Plants' THEN p.name LIKE '% Pot' OR p.name LIKE '% Vase'
    WHEN 'Textiles' THEN p.name LIKE '% Mat' OR p.name LIKE '% Cushion' OR p.name LIKE '% Throw'
    WHEN 'Decoration' THEN p.name LIKE '% Frame' OR p.name LIKE '% Holder'
    WHEN 'Gifts' THEN p.price < 40
    ELSE false
  END;

CREATE TEMPORARY TABLE draft_items AS
SELECT n AS order_id, line, p.id AS product_id, 1 + ${pick(item, 'quantity', 4)} AS quantity, p.price
FROM generate_series(1, 5000) n, LATERAL generate_series(1, 1 + n * 7 % 5) line
JOIN LATERAL (SELECT 1 + ${pick(item, 'product', 240)} AS id) choice ON true
JOIN products p ON p.id = choice.id;

INSERT INTO orders (customer_id, billing_address_id, shipping_address_id, status, total, created_at, shipped_at, note)
SELECT customer_id, customer_id, CASE WHEN customer_id % 3 = 0 THEN 600 + customer_id / 3 ELSE customer_id END,
       status, total, created_at,
       CASE WHEN status = 'shipped' THEN created_at + ${pick('n', 'days', 5)} * interval '1 day' + interval '5 hours' END,
       CASE n % 40 WHEN 0 THEN 'Please ring twice.' WHEN 7 THEN 'Leave it with the neighbours – "Café Zoé" 🙂'
         WHEN 23 THEN E'Two lines,\\nplease.' END
FROM (SELECT n, 1 + ${pick('n', 'customer', 600)} AS customer_id, d.total,
             timestamptz '2025-01-02 06:00:00+00' + n * interval '2 hours 31 minutes 7.125 seconds' AS created_at,
             CASE WHEN n % 23 = 0 THEN 'cancelled' WHEN n > 4880 THEN 'open' WHEN n > 4700 THEN 'paid'
               ELSE 'shipped' END::order_status AS status
      FROM generate_series(1, 5000) n
      JOIN (SELECT order_id, sum(quantity * price) AS total FROM draft_items GROUP BY order_id) d ON d.order_id = n
     ) drafts ORDER BY n;

INSERT INTO order_items SELECT * FROM draft_items ORDER BY order_id, line;
DROP TABLE draft_items;

INSERT INTO employees (name, title, manager_id, hired_on)
SELECT ${one(firstNames, 'n', 'employee')} || ' ' || ${one(lastNames, 'n', 'staff')},
       CASE WHEN n = 1 THEN 'Head' WHEN n <= 5 THEN 'Team lead' ELSE ${one(titles, 'n', 'title')} END,
       CASE WHEN n = 1 THEN NULL WHEN n <= 5 THEN 1 ELSE 2 + n % 4 END, date '2015-04-01' + n * 83
FROM generate_series(1, 40) n ORDER BY n;

INSERT INTO type_samples VALUES
  (1, 'ordinary', 'text', 'varchar', 'char', '6f1c2b1e-8a55-4d3b-9a53-0f6f2f1f7a01', 'open', '192.0.2.7', '[1,10)',
   '1 year 2 months 3 days 04:05:06.789', 1, 2, 3, 4.50, 5.2500, '6.75', 0.5, 0.25, true,
   '2026-11-23 14:05:09.123+00', '2026-11-23 14:05:09.123', '2026-11-23', '14:05:09.123456',
   '{"a": 1,  "b": [true, null]}', '{"a": 1, "b": [true, null]}', '\\x00ff10', '{1,2,3}', '{a,b}'),
  (2, 'largest', repeat('x', 1000), repeat('y', 40), 'eight ch', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'cancelled',
   '2001:db8::ffff/64', '(,)', '178000000 years', 32767, 2147483647, 9223372036854775807,
   99999999999999999999999999999999.99999999999999999999, 99999999.9999, '92233720368547758.07', 3.4028235e38,
   1.7976931348623157e308, true, 'infinity', 'infinity', 'infinity', '24:00:00',
   '[9007199254740993]', '[9007199254740993]', decode(repeat('ab', 300), 'hex'), '{2147483647}', '{zz}'),
  (3, 'smallest', '', '', '', '00000000-0000-0000-0000-000000000000', 'open', '0.0.0.0', 'empty',
   '-178000000 years', -32768, -2147483648, -9223372036854775808, -0.00000000000000000001, -99999999.9999,
   '-92233720368547758.08', -3.4028235e38, 5e-324, false, '0044-03-15 12:00:00+00 BC', '0044-03-15 12:00:00 BC',
   '0044-03-15 BC', '00:00:00', '{}', '{}', '', '{}', '{}'),
  (4, 'odd', E'quote " backslash \\\\ tab \\t newline \\n bell \\u0007 ü 漢 🙂', E'a\\u2028b', 'ä  ',
   '0190a6c2-3b1a-7cc3-98c4-dc0c0c07398f', 'paid', '::1', '[-5,5]', '-1 mons +2 days -00:00:00.000001', 0, 0,
   9007199254740993, 'NaN', 0.1000, '-0.01', 'NaN', '-Infinity', false, '10000-01-01 00:00:00+00',
   '10000-01-01 00:00:00', '10000-01-01', '12:00:00.1', '"text"', '[1.10, 1e3, "\\u00e9"]', '\\x22', '{NULL,0}',
   '{"with, comma","with \\"quote\\"",NULL,""}');
INSERT INTO type_samples (id, label) VALUES (5, 'null');

REFRESH MATERIALIZED VIEW monthly_sales;
ANALYZE;
`
