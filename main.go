// Command deskbell is the service bell of a small business: one binary in which agents answer everyone who writes to the company.
package main

func main() {}
