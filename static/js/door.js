// Log-in, set-up and error pages: forms and nothing else.
import { startForms } from './forms.js';
import { startToasts } from './toast.js';

startToasts();
startForms();
