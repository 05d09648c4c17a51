// The one global name; every other script adds what it is about.
"use strict";
var artlucid = {};
