/* Keys for tests only, made by openssl. Python's hmac and cryptography signed the tokens,
 * so that our own code does not check itself. */
#ifndef TESTS_UNIT_AUTH_TOKEN_DATA_H
#define TESTS_UNIT_AUTH_TOKEN_DATA_H

#define TEST_SECRET "a test secret of forty-three characters, ok"

#define TEST_ES256_PRIVATE \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCdRIi51l/rGZspmp\n" \
	"dMjRoc+v4Bc/IAXVW+rJKBI6Nm2hRANCAAQjao97WWe863wNfCkrGCBzmNyf9bSE\n" \
	"yJeYUzpNKzkePxTaOVj+QYn61vdAThEo6QQW6zKz7nnSKitx/saqkOl9\n" \
	"-----END PRIVATE KEY-----\n"

#define TEST_ES256_PUBLIC \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEI2qPe1lnvOt8DXwpKxggc5jcn/W0\n" \
	"hMiXmFM6TSs5Hj8U2jlY/kGJ+tb3QE4RKOkEFusys+550iorcf7GqpDpfQ==\n" \
	"-----END PUBLIC KEY-----\n"

/* Both tokens are for alice of acme. iat is TEST_NOW_S, and exp is one hour later. */
#define TEST_NOW_S 1700000000

#define TEST_HS256_TOKEN \
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImhzMSJ9." \
	"eyJpc3MiOiJlY2hvc3RyZWFtIiw" \
	"iYXVkIjoiZWNob3N0cmVhbSIsInN1YiI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwY" \
	"TA" \
	"wMSIsInRpZCI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImlhdCI6MTcwM" \
	"DA" \
	"wMDAwMCwiZXhwIjoxNzAwMDAzNjAwLCJqdGkiOiJqLTEifQ.-dO_" \
	"vywFqFrSRVgCTRnTK9fqpfplM455" \
	"6rQDWBbaZ6w"

#define TEST_ES256_TOKEN \
	"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImVzMSJ9." \
	"eyJpc3MiOiJlY2hvc3RyZWFtIiw" \
	"iYXVkIjoiZWNob3N0cmVhbSIsInN1YiI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwY" \
	"TA" \
	"wMSIsInRpZCI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImlhdCI6MTcwM" \
	"DA" \
	"wMDAwMCwiZXhwIjoxNzAwMDAzNjAwLCJqdGkiOiJqLTEifQ.FOBqx_" \
	"Er2uGBHz2koDHxCgIklC5xKPUb" \
	"l68fdpzcL8zrwAb5J9dYy9SU2kUs5yAUqv2SdDa35hkzkbJasSM8Iw"

#endif
