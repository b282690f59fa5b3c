-- Tables and rows of the conformance suite that every engine understands; the file of each engine says where they belong.

-- A junction of a table with itself.
CREATE TABLE follows (
  follower_id int NOT NULL,
  followee_id int NOT NULL,
  PRIMARY KEY (follower_id, followee_id),
  FOREIGN KEY (follower_id) REFERENCES customers (id),
  FOREIGN KEY (followee_id) REFERENCES customers (id)
);
INSERT INTO follows VALUES (1, 2), (1, 3), (2, 1);

-- A tree.
CREATE TABLE categories (
  id        int PRIMARY KEY,
  name      varchar(60) NOT NULL,
  parent_id int,
  FOREIGN KEY (parent_id) REFERENCES categories (id)
);
INSERT INTO categories VALUES (1, 'Food', NULL), (2, 'Fresh', 1), (3, 'Fruit', 2);

CREATE TABLE products (
  id          int PRIMARY KEY,
  sku         varchar(20) NOT NULL UNIQUE,
  name        varchar(60) NOT NULL,
  price       decimal(10, 2) NOT NULL,
  category_id int,
  FOREIGN KEY (category_id) REFERENCES categories (id)
);
INSERT INTO products VALUES
  (1, 'A-1', 'Apple',  0.50,   3),
  (2, 'B/2', 'Bread',  3.25,   2),
  (3, 'C,3', 'Cheese', 12.00,  2),
  (4, 'D%4', 'Date',   100.00, NULL);

CREATE TABLE tags (
  id    int PRIMARY KEY,
  label varchar(20) NOT NULL
);
INSERT INTO tags VALUES (1, 'green'), (2, 'new'), (3, 'unused');

CREATE TABLE product_tags (
  product_id int NOT NULL,
  tag_id     int NOT NULL,
  PRIMARY KEY (product_id, tag_id),
  FOREIGN KEY (product_id) REFERENCES products (id),
  FOREIGN KEY (tag_id) REFERENCES tags (id)
);
INSERT INTO product_tags VALUES (1, 1), (1, 2), (2, 2);

-- Two foreign keys to one table.
CREATE TABLE orders (
  id                  int PRIMARY KEY,
  customer_id         int NOT NULL,
  billing_customer_id int,
  status              varchar(10) NOT NULL,
  placed_on           date NOT NULL,
  total               decimal(10, 2) NOT NULL,
  note                varchar(60),
  FOREIGN KEY (customer_id) REFERENCES customers (id),
  FOREIGN KEY (billing_customer_id) REFERENCES customers (id)
);
INSERT INTO orders VALUES
  (1, 1, 1,    'shipped',   '2026-02-01', 45.50,  NULL),
  (2, 1, 2,    'open',      '2026-02-02', 20.00,  'gift'),
  (3, 2, NULL, 'open',      '2026-02-03', 199.99, NULL),
  (4, 3, 3,    'cancelled', '2026-02-04', 0.00,   '');

CREATE TABLE order_items (
  order_id   int NOT NULL,
  line_no    int NOT NULL,
  product_id int NOT NULL,
  quantity   int NOT NULL,
  price      decimal(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line_no),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
);
INSERT INTO order_items VALUES
  (1, 1, 1, 10, 0.50), (1, 2, 2, 2, 3.25), (2, 1, 3, 1, 12.00), (3, 1, 1, 3, 0.50), (3, 2, 3, 2, 12.00);

-- A composite foreign key.
CREATE TABLE shipments (
  id       int PRIMARY KEY,
  order_id int,
  line_no  int,
  carrier  varchar(20) NOT NULL,
  FOREIGN KEY (order_id, line_no) REFERENCES order_items (order_id, line_no)
);
INSERT INTO shipments VALUES (1, 1, 1, 'Mule'), (2, 1, 1, 'Boat'), (3, NULL, NULL, 'Lost');

-- No key at all, and two rows alike.
CREATE TABLE events (
  kind  varchar(10) NOT NULL,
  level int
);
INSERT INTO events VALUES ('start', 1), ('start', 1), ('stop', NULL);
